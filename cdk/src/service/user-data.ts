import { API_PORT, METRIC_NAMESPACE } from './names.ts'
import { machineOf, type Software } from './software.ts'

/**
 * What a control plane's instance does at each boot: unpacks its version of the software, starts it, and tells
 * CloudFormation when it serves. A new version comes as new user data, with which CloudFormation stops the instance and
 * starts it again; address and disk stay.
 */
export interface ControlPlaneBoot {
  readonly region: string
  /** Undefined where the image brings /opt/freshet. */
  readonly software: Software | undefined
  /** JSON of the fleet's settings. */
  readonly fleetSettings: string
  readonly stateUrl: string
  readonly serviceSecretArn: string
  readonly administratorKeyArn: string
  /** Where a CloudFormation wait condition listens. */
  readonly readyUrl: string
}

export function controlPlaneUserData(boot: ControlPlaneBoot): string {
  return `#!/bin/sh
set -eu
umask 077
${REPEAT_AT_EACH_BOOT}
${reportTo(boot.readyUrl)}
${unpack(boot)}
mkdir -p /run/freshet
cat > /run/freshet/fleet.json <<'END_OF_SETTINGS'
${boot.fleetSettings}
END_OF_SETTINGS
chown -R 1000:1000 /run/freshet

set -- /opt/freshet/bin/freshet-run control-plane --listen 0.0.0.0 --port ${API_PORT} \\
  --state '${boot.stateUrl}' --fleet ec2 --fleet-settings /run/freshet/fleet.json \\
  --secret '${boot.serviceSecretArn}' --admin-key '${boot.administratorKeyArn}' --cloudwatch ${METRIC_NAMESPACE}
export AWS_REGION='${boot.region}'
[ -d /run/systemd/system ] || exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
systemd-run --unit=freshet-control-plane --uid=1000 --gid=1000 --setenv=AWS_REGION --property=Restart=always "$@"
${WAIT_UNTIL_IT_SERVES}
`
}

/** cloud-init runs user data at the first boot only, and this script, which fetches it anew, at each one. */
const REPEAT_AT_EACH_BOOT = `per_boot=/var/lib/cloud/scripts/per-boot
if [ -d "$per_boot" ]; then
  cat > "$per_boot/freshet" <<'END_OF_SCRIPT'
#!/bin/sh
set -eu
imds=http://169.254.169.254/latest
token=$(curl -fsS --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token)
curl -fsS --retry 5 -H "X-aws-ec2-metadata-token: $token" $imds/user-data -o /run/freshet-user-data
exec sh /run/freshet-user-data
END_OF_SCRIPT
  chmod 700 "$per_boot/freshet"
fi`

/** Containers that stand in for instances have no curl, and what stands in for CloudFormation does not wait. */
function reportTo(readyUrl: string): string {
  return `report() {
  command -v curl > /dev/null || return 0
  curl -sS -X PUT -H 'Content-Type:' '${readyUrl}' --data-binary \\
    "{\\"Status\\":\\"$1\\",\\"Reason\\":\\"$2\\",\\"UniqueId\\":\\"control-plane\\",\\"Data\\":\\"\\"}" || true
}
trap 'report FAILURE "The user data failed: /var/log/cloud-init-output.log of the instance has the details"' EXIT`
}

function unpack({ software, region }: ControlPlaneBoot): string {
  if (software === undefined) return '# The image brings /opt/freshet.'
  const { bucketName, objectKey, version, architecture } = software
  return `target=/opt/freshet-${version}
[ "$(uname -m)" = ${machineOf(architecture)} ] || { echo 'Software and image are for different processors'; exit 1; }
if [ ! -d $target ]; then
  rm -rf $target.new
  mkdir -m 755 $target.new
  aws s3 cp 's3://${bucketName}/${objectKey}' - --region '${region}' | tar -xzp -C $target.new
  mv $target.new $target
fi
ln -sfn $target /opt/freshet`
}

const WAIT_UNTIL_IT_SERVES = `tries=0
until curl -fs -o /dev/null http://127.0.0.1:${API_PORT}/health; do
  tries=$((tries + 1))
  [ $tries -lt 150 ] || exit 1
  sleep 2
done
trap - EXIT
report SUCCESS 'The control plane serves'`
