#!/usr/bin/env bash
# Tells the digests of the images that deploy/ builds on, or checks those that were written down.
#
#   deploy/pin-images.sh >> .env         NODE_IMAGE=node:…@sha256:… and REDIS_IMAGE=…, as the registry has them today
#   deploy/pin-images.sh --check .env    both are pinned there, and the registry still has what was pinned
#
# A tag can be given to other bytes at any time; a digest is the SHA-256 of the manifest, which is computed here and not
# believed. Needs curl and sha256sum. REGISTRY: another than Docker Hub, with the same images (a mirror).
# Exit code 0: done; 1: not pinned, changed, or the registry did not answer, which the last line says.
set -euo pipefail
registry=${REGISTRY:-https://registry-1.docker.io}
compose=$(dirname "$0")/compose.yaml
names=(NODE_IMAGE REDIS_IMAGE)

answer=$(mktemp -d)
trap 'rm -rf "$answer"' EXIT

fail() {
  echo "$1" >&2
  exit 1
}

# The tag that compose.yaml takes where a variable is not set.
default_of() {
  sed -n "s/.*\${$1:-\([^}]*\)}.*/\1/p" "$compose" | head -1
}

# Value of a header of the last answer, without what ends the line.
header() {
  sed -n "s/^$1: *//Ip" "$answer/headers" | tr -d '\r' | tail -1
}

ask() {
  curl --silent --show-error --location --max-time 60 --retry 2 --dump-header "$answer/headers" \
    --output "$answer/body" --write-out '%{http_code}' "$@"
}

# The manifest of an image at a tag or digest, into $answer/body. Registries that ask for it get an anonymous token.
fetch_manifest() {
  local repository=$1 reference=$2 status challenge realm service token
  local url=$registry/v2/$repository/manifests/$reference
  local accept=(-H 'Accept: application/vnd.oci.image.index.v1+json'
    -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json')
  status=$(ask "${accept[@]}" "$url") || fail "$url: no answer"
  if [ "$status" = 401 ]; then
    challenge=$(header www-authenticate)
    realm=$(sed -n 's/.*realm="\([^"]*\)".*/\1/p' <<<"$challenge")
    service=$(sed -n 's/.*service="\([^"]*\)".*/\1/p' <<<"$challenge")
    [ -n "$realm" ] || fail "$url: 401, without a place for tokens"
    status=$(ask --get --data-urlencode "service=$service" --data-urlencode "scope=repository:$repository:pull" "$realm") ||
      fail "$realm: no answer"
    [ "$status" = 200 ] || fail "$realm: $status"
    token=$(sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' "$answer/body")
    status=$(ask "${accept[@]}" -H "Authorization: Bearer $token" "$url") || fail "$url: no answer"
  fi
  [ "$status" = 200 ] || fail "$url: $status"
}

# The digest of an image, computed; its registry's own must be the same.
digest_of() {
  local name=$1 reference=$2 repository digest
  repository=$name
  [[ $repository == */* ]] || repository=library/$repository
  fetch_manifest "$repository" "$reference"
  digest=sha256:$(sha256sum <"$answer/body" | cut -d' ' -f1)
  [ "$(header docker-content-digest)" = "$digest" ] || fail "$name: the registry names another digest than its bytes have"
  echo "$digest"
}

print_pins() {
  local name image digest lines=()
  for name in "${names[@]}"; do
    image=$(default_of "$name")
    [ -n "$image" ] || fail "$compose has no default for $name"
    digest=$(digest_of "${image%:*}" "${image##*:}")
    lines+=("$name=$image@$digest")
  done
  # All or nothing: this is appended to a file.
  printf '%s\n' "${lines[@]}"
}

check_pins() {
  local file=$1 name value image pinned
  for name in "${names[@]}"; do
    value=$(sed -n "s/^$name=//p" "$file" | tail -1)
    [[ $value =~ ^([a-z0-9./_-]+(:[A-Za-z0-9._-]+)?)@(sha256:[0-9a-f]{64})$ ]] ||
      fail "$name is not pinned by digest in $file: deploy/pin-images.sh >> $file"
    image=${BASH_REMATCH[1]}
    pinned=${BASH_REMATCH[3]}
    [ "$(digest_of "${image%%:*}" "$pinned")" = "$pinned" ] || fail "$name: $pinned has other bytes"
    echo "ok: $name is $value"
  done
}

case $#:${1-} in
  0:) print_pins ;;
  2:--check) check_pins "$2" ;;
  *) fail 'usage: deploy/pin-images.sh [--check FILE]' ;;
esac
