# LocalStack runs this while it starts (init/start.d); the package lies on its PYTHONPATH.
import freshet_localstack

freshet_localstack.install()
