# Source this (`. localstack/env.sh`) to point a shell at the AWS that `make run` starts.
# The credentials are the emulator's placeholders; they open nothing.
export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}"
export AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=test
export AWS_SECRET_ACCESS_KEY=test
export STAGE=local
export CACHE_DIR="$PWD/.local/cache"
export MAIL_FROM="Matinee <no-reply@matinee.example>"
