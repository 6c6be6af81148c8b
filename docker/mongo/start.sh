#!/usr/bin/env bash
# Starts mongod as a member of the replica set. With access control, members of a set prove themselves to each other with a
# key: it is made at the first start, and kept in the volume beside the data.
set -euo pipefail

keyfile=/data/configdb/keyfile

if [ ! -s "$keyfile" ]; then
  (umask 077 && head -c 756 /dev/urandom | base64 -w 0 >"$keyfile.new")
  mv "$keyfile.new" "$keyfile"
fi
chmod 400 "$keyfile"
chown mongodb:mongodb "$keyfile"

# A transaction that a killed process left open bars its accounts until its lifetime ends; a batch takes well under a second.
exec docker-entrypoint.sh mongod --replSet rs0 --keyFile "$keyfile" --bind_ip_all \
  --setParameter transactionLifetimeLimitSeconds=5
