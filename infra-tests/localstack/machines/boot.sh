#!/bin/sh
# The first process of an instance's container. cloud-init runs user data with the first boot only, and Freshet's sees to
# it that it runs, as it then is, with each later one: here it simply does. It ends in the program that goes on running.
set -eu
node --input-type=module -e '
  const base = `${process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT}/latest/`
  const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": "60" }
  const token = await (await fetch(`${base}api/token`, { method: "PUT", headers: ttl })).text()
  const answer = await fetch(`${base}user-data`, { headers: { "x-aws-ec2-metadata-token": token } })
  if (!answer.ok) throw new Error(`user data: ${answer.status}`)
  process.stdout.write(await answer.text())
' >/run/user-data
chmod 700 /run/user-data
exec /run/user-data
