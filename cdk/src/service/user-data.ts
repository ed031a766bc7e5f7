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
export PATH=/opt/freshet/bin:$PATH
mkdir -p /run/freshet
${REPORT}
trap 'node /run/freshet/report.mjs FAILURE "${boot.readyUrl}"' EXIT
${unpack(boot)}
${REPEAT_AT_EACH_BOOT}
cat > /run/freshet/fleet.json <<'END_OF_SETTINGS'
${boot.fleetSettings}
END_OF_SETTINGS
chown -R 1000:1000 /run/freshet

set -- /opt/freshet/bin/freshet-run control-plane --listen 0.0.0.0 --port ${API_PORT} \\
  --state '${boot.stateUrl}' --fleet ec2 --fleet-settings /run/freshet/fleet.json \\
  --secret '${boot.serviceSecretArn}' --admin-key '${boot.administratorKeyArn}' --cloudwatch ${METRIC_NAMESPACE}
export AWS_REGION='${boot.region}'
if [ ! -d /run/systemd/system ]; then
  node /run/freshet/report.mjs SUCCESS '${boot.readyUrl}' &
  exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
fi
# By itself systemd would give up what fails five times at once: AWS may be out of reach for longer.
systemd-run --unit=freshet-control-plane --uid=1000 --gid=1000 --setenv=AWS_REGION --setenv=PATH \\
  --property=Restart=always --property=RestartSec=1s --property=StartLimitIntervalSec=0 "$@"
trap - EXIT
node /run/freshet/report.mjs SUCCESS '${boot.readyUrl}'
`
}

/** The one that leads hears of it within half a second, and tells the agents at once. */
const KNOWN_AFTER_MS = 3_000
const LOOK_MS = 250
const LOOKS_MAX = 1_200

/** Waits until the control plane serves, unless it is known to have failed, and tells CloudFormation. */
const REPORT = `cat > /run/freshet/report.mjs <<'END_OF_PROGRAM'
const [, , wanted, readyUrl] = process.argv
const serves = () => fetch('http://127.0.0.1:${API_PORT}/health').then(({ ok }) => ok, () => false)
let status = wanted
for (let tries = 0; status === 'SUCCESS' && !(await serves()); tries++) {
  if (tries === ${LOOKS_MAX}) status = 'FAILURE'
  await new Promise((resolve) => setTimeout(resolve, ${LOOK_MS}))
}
// Its predecessor goes next: by then the agents of all hosts have heard of this one.
if (status === 'SUCCESS') await new Promise((resolve) => setTimeout(resolve, ${KNOWN_AFTER_MS}))
const Reason = status === 'SUCCESS' ? 'It serves' : 'It does not serve: /var/log/cloud-init-output.log, journalctl -u freshet-control-plane'
const body = JSON.stringify({ Status: status, Reason, UniqueId: 'control-plane', Data: '' })
const answer = await fetch(readyUrl, { method: 'PUT', body: new TextEncoder().encode(body) })
console.log('CloudFormation was told', status, answer.status)
END_OF_PROGRAM`

/**
 * cloud-init runs user data at the first boot only; what it runs at each boot is told here to fetch the user data of
 * that day.
 */
const REPEAT_AT_EACH_BOOT = `per_boot=/var/lib/cloud/scripts/per-boot
if [ -d "$per_boot" ]; then
  mkdir -p /var/lib/freshet
  cat > /var/lib/freshet/user-data.mjs <<'END_OF_PROGRAM'
const imds = (process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? 'http://169.254.169.254') + '/latest'
const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }
const token = await (await fetch(imds + '/api/token', { method: 'PUT', headers: lifetime })).text()
const answer = await fetch(imds + '/user-data', { headers: { 'x-aws-ec2-metadata-token': token } })
if (!answer.ok) throw new Error('user data: HTTP ' + answer.status)
process.stdout.write(await answer.text())
END_OF_PROGRAM
  cat > "$per_boot/freshet" <<'END_OF_SCRIPT'
#!/bin/sh
set -eu
PATH=/opt/freshet/bin:$PATH node /var/lib/freshet/user-data.mjs > /run/freshet-user-data
exec sh /run/freshet-user-data
END_OF_SCRIPT
  chmod 700 "$per_boot/freshet"
fi`

function unpack({ software, region }: ControlPlaneBoot): string {
  if (software === undefined) return '# The image brings /opt/freshet.'
  const { bucketName, objectKey, version, architecture } = software
  return `target=/opt/freshet-${version}
[ "$(uname -m)" = ${machineOf(architecture)} ] || { echo 'Software and image are for different processors'; exit 1; }
if [ ! -d $target ]; then
  # The instance's role may not be known everywhere yet.
  until rm -rf $target.new && mkdir -m 755 $target.new &&
    aws s3 cp 's3://${bucketName}/${objectKey}' - --region '${region}' | tar -xzp -C $target.new; do sleep 5; done
  mv $target.new $target
fi
ln -sfn $target /opt/freshet`
}
