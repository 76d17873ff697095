#!/bin/sh
# Asks a defender-car service for a run, waits for its end and ends with a code that tells what came of it: for cron, a
# Kubernetes CronJob or any scheduler that runs a command. Needs a POSIX shell and curl.
#
#   run-import.sh [incremental|initial]        incremental where nothing is said
#
# Environment:
#   DEFENDER_CAR_URL     the service; http://127.0.0.1:8080
#   API_TOKEN            its operator token, or API_TOKEN_FILE, a file that holds it; none where the service has none
#   CA_FILE              PEM file of the authorities that the service's certificate is checked against; the system's
#   CONNECTION           needed where the service has several
#   TIMEOUT_SECONDS      how long to wait for the run's end; 86400, a day, because the run may wait behind an initial
#                        import of hours. It goes on in any case
#   RETRY_SECONDS        how long the service may be away, for a restart for example; 120
#
# Ends with
#   0          the run succeeded
#   10, 20     CAR failed or refused, 50 to 55 Defender did, 1 the service itself: the job's failure.code
#   2          bad arguments, or the service refuses the request: the wrong token, an unknown connection
#   3          the service can't be reached, or is not ready
#   4          the run has not ended within TIMEOUT_SECONDS
#   5          somebody cancelled the run
set -u

url=${DEFENDER_CAR_URL:-http://127.0.0.1:8080}
url=${url%/}
retry_seconds=${RETRY_SECONDS:-120}
kind=${1:-incremental}
case $kind in
    initial | incremental) ;;
    *)
        echo "usage: run-import.sh [incremental|initial]" >&2
        exit 2
        ;;
esac

umask 077
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

now() { date +%s; }
deadline=$(($(now) + ${TIMEOUT_SECONDS:-86400}))

token=${API_TOKEN:-}
if [ -z "$token" ] && [ -n "${API_TOKEN_FILE:-}" ]; then
    token=$(cat "$API_TOKEN_FILE") || exit 2
fi
# In a file, since the arguments of a process can be seen by others.
: >"$work/curlrc"
if [ -n "$token" ]; then printf 'header = "Authorization: Bearer %s"\n' "$token" >"$work/curlrc"; fi

if [ -n "${CA_FILE:-}" ] && [ ! -r "$CA_FILE" ]; then
    echo "run-import: CA_FILE: $CA_FILE can't be read" >&2
    exit 2
fi

# Leaves the answer's body in $work/body, its header in $work/head and what curl complains of in $work/error; prints the
# answer's status.
call() {
    curl --silent --show-error --config "$work/curlrc" ${CA_FILE:+--cacert "$CA_FILE"} --connect-timeout 10 \
        --max-time 60 --dump-header "$work/head" --output "$work/body" --write-out '%{http_code}' "$@" 2>"$work/error"
}

unreachable() {
    # Curl's own sentence alone: complaints of its configuration could repeat the token.
    reason=$(sed -n -E 's/^curl: \([0-9]+\) //p' "$work/error" | head -n 1)
    case $reason in
        'SSL certificate problem'*) reason="$reason (CA_FILE names the authorities to check it against)" ;;
    esac
    echo "run-import: $url can't be reached${reason:+: $reason}" >&2
    exit 3
}

# The value of the first member of that name, a string or a number, in $work/body.
member() {
    sed -n -E "s/.*[{,]\"$1\":(\"(([^\"\\\\]|\\\\.)*)\"|([0-9]+)).*/\2\4/p" "$work/body" | head -n 1
}

# Calls until there is an answer that is neither a failure of the way nor "come back later".
persist() {
    away_since=
    while :; do
        curl_code=0
        status=$(call "$@") || curl_code=$?
        case $curl_code in
            0) ;;
            # Neither a protocol nor an address that curl can use, or a certificate that it does not trust: it stays so.
            1 | 3 | 51 | 58 | 60 | 77) unreachable ;;
            # Perhaps half an answer.
            *) status=000 ;;
        esac
        case $status in
            000 | 429 | 502 | 503 | 504) ;;
            *) return 0 ;;
        esac
        : "${away_since:=$(now)}"
        if [ $(($(now) - away_since)) -ge "$retry_seconds" ]; then
            [ "$status" != 000 ] || unreachable
            echo "run-import: $url answers $status: $(member detail)" >&2
            exit 3
        fi
        sleep 2
    done
}

refused() {
    reason=$(member reason)
    echo "run-import: $url answered $status: $(member detail)${reason:+ $(member field): $reason}" >&2
    exit 2
}

# The key makes a request that is sent twice, because its answer was lost, one request.
key=run-import-$(now)-$$-$(uname -n)
set --
case ${CONNECTION:-} in
    '') ;;
    *[\"\\]*)
        echo "run-import: CONNECTION holds a quote or a backslash" >&2
        exit 2
        ;;
    *)
        printf '{"connection":"%s"}' "$CONNECTION" >"$work/request"
        set -- --header 'Content-Type: application/json' --data-binary "@$work/request"
        ;;
esac
persist --request POST --header "Idempotency-Key: $key" "$@" "$url/v1/imports/$kind"
[ "$status" = 202 ] || refused
id=$(member id)
echo "run-import: job $id ($kind)"

while :; do
    state=$(member state)
    case $state in
        succeeded)
            echo "run-import: job $id succeeded"
            exit 0
            ;;
        failed)
            code=$(member code)
            echo "run-import: job $id failed with code $code: $(member message)" >&2
            exit "${code:-1}"
            ;;
        cancelled)
            echo "run-import: job $id was cancelled" >&2
            exit 5
            ;;
    esac
    left=$((deadline - $(now)))
    if [ "$left" -le 0 ]; then
        echo "run-import: job $id is still $state; it goes on" >&2
        exit 4
    fi
    # Answered as soon as the job changes, at the latest after $wait seconds with 304.
    wait=$((left < 30 ? left : 30))
    etag=$(sed -n -E 's/^[Ee][Tt][Aa][Gg]: *([^[:space:]]+).*/\1/p' "$work/head" | tail -n 1)
    cp "$work/body" "$work/last"
    persist --header "If-None-Match: $etag" "$url/v1/jobs/$id?wait=$wait"
    case $status in
        # The states between matter little: one look a second is enough.
        200) sleep 1 ;;
        304) cp "$work/last" "$work/body" ;;
        *) refused ;;
    esac
done
