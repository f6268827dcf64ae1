#!/usr/bin/env bash
# LocalStack runs this once it is ready.
set -euo pipefail

awslocal cloudformation deploy \
    --region us-east-1 \
    --stack-name movies-local \
    --template-file /opt/movies/storage.yaml \
    --no-fail-on-empty-changeset
