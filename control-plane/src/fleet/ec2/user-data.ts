import type { Ec2Settings } from './settings.ts'

/**
 * What an instance does when it first boots, and with each boot from then on: it gets /opt/freshet where its image does
 * not bring it, mounts its data volume (and makes a file system on a new one only), then starts the host agent. The same
 * host and volume always give the same text, because a client token is tied to it.
 */
export interface Boot {
  readonly hostId: string
  readonly zone: string
  readonly volumeId: string
  readonly controlPlaneUrls: readonly string[]
  /** Lets the agent register this host, once. */
  readonly registrationToken: string
  readonly region: string
  readonly software?: Ec2Settings['software']
}

export const MOUNT_POINT = '/var/lib/freshet'

export function userData(boot: Boot): string {
  const { hostId, zone, volumeId, controlPlaneUrls, registrationToken, region } = boot
  const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`
  return `#!/bin/sh
set -eu
umask 077
per_boot=/var/lib/cloud/scripts/per-boot
if [ -d "$per_boot" ] && [ ! -e "$per_boot/freshet-host" ]; then
  cp "$0" "$per_boot/freshet-host"
  chmod 700 "$per_boot/freshet-host"
fi

export AWS_REGION=${quoted(region)} PATH=/opt/freshet/bin:$PATH
${fetchSoftware(boot.software)}mkdir -p ${MOUNT_POINT}
if ! mountpoint -q ${MOUNT_POINT}; then
  until [ -e ${device} ]; do sleep 1; done
  # Only 2 says that there is nothing on it: a volume that cannot be read is not one to make empty.
  found=0
  blkid ${device} || found=$?
  case $found in 0) ;; 2) mkfs.xfs ${device} ;; *) exit 1 ;; esac
  mount -o noatime ${device} ${MOUNT_POINT}
  xfs_growfs ${MOUNT_POINT}
fi

mkdir -p ${MOUNT_POINT}/host /run/freshet
printf '%s' ${quoted(JSON.stringify({ hostId, zone }))} > ${MOUNT_POINT}/host/host.json
printf '%s' ${quoted(registrationToken)} > /run/freshet/registration-token
chown 1000:1000 ${MOUNT_POINT} ${MOUNT_POINT}/host ${MOUNT_POINT}/host/host.json
chown -R 1000:1000 /run/freshet

set -- /opt/freshet/bin/freshet-run host-agent --host-dir ${MOUNT_POINT}/host \\
  --control-plane ${quoted(controlPlaneUrls.join(','))} --broker-bundle /opt/freshet/broker.mjs --instance-metadata
export FRESHET_REGISTRATION_TOKEN_FILE=/run/freshet/registration-token
if [ -d /run/systemd/system ]; then
  # A volume may be enlarged while it is in use. By itself systemd would give an agent up that fails five times at once.
  systemd-run --unit=freshet-grow-volume --on-active=30s --on-unit-active=30s xfs_growfs ${MOUNT_POINT}
  exec systemd-run --unit=freshet-host-agent --uid=1000 --gid=1000 --setenv=FRESHET_REGISTRATION_TOKEN_FILE \\
    --setenv=AWS_REGION --setenv=PATH \\
    --property=Restart=always --property=RestartSec=1s --property=StartLimitIntervalSec=0 \\
    --property=KillMode=process "$@"
fi
exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
`
}

/** Whole or not at all: a folder that is there is taken for good. */
function fetchSoftware(software: Ec2Settings['software']): string {
  if (software === undefined) return ''
  const cases = Object.entries(software.keys).map(([machine, key]) => `  ${machine}) key=${quoted(key)} ;;\n`)
  return `if [ ! -e /opt/freshet/bin/freshet-run ]; then
  case $(uname -m) in
${cases.join('')}  *) echo "there is no software for $(uname -m)" >&2; exit 1 ;;
  esac
  until rm -rf /opt/freshet.new && mkdir -p -m 755 /opt/freshet.new &&
    aws s3 cp "s3://${software.bucket}/$key" - | tar -xz -C /opt/freshet.new; do sleep 5; done
  rm -rf /opt/freshet
  mv /opt/freshet.new /opt/freshet
fi
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
