#!/bin/sh
# Write docker/secrets/*, which compose.yaml hands to the containers, unless it is there.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
  echo "docker/secrets is there already" >&2
  exit 1
fi
umask 077
mkdir secrets
random() { od -An -tx1 -N24 /dev/urandom | tr -d ' \n'; }
password=$(random)
key=$(random)
secret=$(random)
printf %s "$password" > secrets/POSTGRES_PASSWORD
printf 'postgresql+psycopg://art:%s@postgres/art' "$password" \
  > secrets/CRAWL_AND_DREAM_DATABASE_URL
printf 'postgresql+asyncpg://art:%s@postgres/prefect' "$password" \
  > secrets/PREFECT_API_DATABASE_CONNECTION_URL
printf %s "$key" > secrets/AWS_ACCESS_KEY_ID
printf %s "$secret" > secrets/AWS_SECRET_ACCESS_KEY
# Users of the containers read the files; on this machine the folder keeps others out.
chmod 644 secrets/*
