#!/usr/bin/env bash
# Builds the file trees of the images as deploy/Dockerfile says, without Docker, and starts each as a user without
# rights against a local stack: what an image lacks, or may not do, shows here.
#
#   deploy/check-image.sh [worker] [api]   both unless named
#
# Needs: npm ci and npm run build done; for the worker ffmpeg on the PATH.
# Exit code 0: each started, did its first work (the worker took its place in the queue, the API answered requests and
# gave out its page), and ended by itself at SIGTERM.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
dockerfile=$repository/deploy/Dockerfile

images=("$@")
[ ${#images[@]} -gt 0 ] || images=(worker api)
for image in "${images[@]}"; do
  case $image in
    worker | api) ;;
    *) echo "$image: there is an image worker and an image api" >&2 && exit 1 ;;
  esac
done

tree=$(mktemp -d)
stack_pid=
program_pid=
cleanup() {
  [ -z "$program_pid" ] || kill -KILL "$program_pid" 2>/dev/null || true
  if [ -n "$stack_pid" ]; then
    kill -TERM "$stack_pid" 2>/dev/null || true
    wait "$stack_pid" 2>/dev/null || true
  fi
  rm -rf "$tree"
}
trap cleanup EXIT

# The lines of one stage of the Dockerfile that begin with a word.
lines_of() {
  awk -v stage="$1" -v word="$2" '/^FROM /{on=($NF==stage)} on && $1==word' "$dockerfile"
}

build=$tree/build
mkdir -p "$build" "$tree/work"

# COPY of a stage that reads from the context, into a folder that stands for /app.
copy_context() {
  local stage=$1 target=$2 words last
  while read -r -a words; do
    last=${words[-1]}
    for source in "${words[@]:1:${#words[@]}-2}"; do
      # A folder is copied as what is in it, a file into a folder that ends in a slash.
      if [ -d "$source" ]; then
        mkdir -p "$target/$last" && cp -r "$source/." "$target/$last"
      elif [[ $last == */ ]]; then
        mkdir -p "$target/$last" && cp "$source" "$target/$last"
      else
        cp "$source" "$target/$last"
      fi
    done
  done < <(lines_of "$stage" COPY)
}

# The commands of a stage, in a folder that stands for /app; npm ci of the whole tree is this repository's.
run_stage() {
  local commands
  commands=$(lines_of "$1" RUN | sed 's/^RUN //' | grep -v '^npm ci')
  echo "running, as in the stage $1: ${commands//$'\n'/; }"
  (
    cd "$2"
    eval "$commands"
  )
}

# What npm ci of the whole tree would install, except that each workspace is the one of this build.
link_modules() {
  mkdir "$build/node_modules"
  find "$repository/node_modules" -mindepth 1 -maxdepth 1 -not -name @supabase-media -exec ln -s {} "$build/node_modules" \;
  # Links that are relative.
  cp -a "$repository/node_modules/@supabase-media" "$build/node_modules"
  local nested
  for nested in packages/*/node_modules workers/*/node_modules apps/*/node_modules; do
    [ ! -d "$nested" ] || ln -s "$repository/$nested" "$build/$nested"
  done
}

compile() {
  copy_context manifests "$build"
  copy_context build "$build"
  # As Dockerfile.dockerignore.
  find "$build" \( -name node_modules -o -name dist -o -name test -o -name '*.test.ts' -o -name '*.tsbuildinfo' \) \
    -prune -exec rm -rf {} +
  link_modules
  run_stage build "$build"
  if [[ " ${images[*]} " == *" api "* ]]; then run_stage build-web "$build" >&2; fi
}

# The tree of one image.
assemble() {
  local image=$1 app=$tree/$1/app installed=$tree/$1/installed from source target
  mkdir -p "$app" "$installed"
  echo "installing, as in the stage $image-modules"
  copy_context manifests "$installed"
  (cd "$installed" && eval "$(lines_of "$image-modules" RUN | sed 's/^RUN //') --no-audit --no-fund --loglevel=error" >/dev/null)

  echo "putting it together, as in the stage $image"
  while read -r _ from source target; do
    case $from in
      --from=build | --from=build-web) source=$build/${source#/app/} ;;
      --from="$image-modules") source=$installed/${source#/app/} ;;
      *) echo "unknown source $from" >&2 && exit 1 ;;
    esac
    # Links stay links: npm links the workspaces.
    if [ -d "$source" ]; then
      mkdir -p "$app/$target" && cp -a "$source/." "$app/$target"
    else
      cp "$source" "$app/$target"
    fi
  done < <(lines_of "$image" COPY)
  rm -rf "$installed"
  # Only the workspaces that are in the image can be linked to.
  find "$app/node_modules" -maxdepth 2 -xtype l -delete
  chmod -R a+rX "$tree"
  echo "the tree has $(du -sm "$app" | cut -f1) MB, $(find "$app/node_modules" -name package.json -not -path '*/test/*' | wc -l) manifests"
}

# The node of this machine, with the owner and mode that the image gives its own.
install_node() {
  local mode
  mode=$(lines_of base RUN | sed -n 's/.*chmod \([0-7]*\) .*\/node$/\1/p')
  [ -n "$mode" ] || { echo "the stage base sets no mode of node" >&2 && exit 1; }
  mkdir -p "$tree/bin"
  install -m "$mode" "$(readlink -f "$(command -v node)")" "$tree/bin/node"
}

start_stack() {
  echo "starting a stack"
  node -- tools/local-stack/dist/stack-cli.js --json --port 0 --data "$tree/stack" >"$tree/stack.json" 2>"$tree/stack.log" &
  stack_pid=$!
  for _ in $(seq 1 300); do
    [ -s "$tree/stack.json" ] && return
    kill -0 "$stack_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$tree/stack.log" >&2
  echo "the stack did not start" >&2
  exit 1
}

value() { node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").split("\n")[0])[process.argv[2]])' "$tree/stack.json" "$1"; }

fail() {
  cat "$1" >&2
  echo "$2" >&2
  exit 1
}

# As in the image: the user by number, no rights, nothing of this environment, a tree that cannot be written to.
start_program() {
  local image=$1 log=$2 ready=$3 as_user=() init=() command id
  if [ "$(id -u)" = 0 ]; then
    id=$(lines_of "$image" USER | awk '{print $2}')
    chown -R "$id" "$tree/work"
    # env: as in a container, the rights of root are given up before node is started.
    as_user=(setpriv --reuid="${id%:*}" --regid="${id#*:}" --clear-groups --no-new-privs env)
  fi
  # -s: here it is not process 1, as it is in a container.
  command -v tini >/dev/null && init=(tini -s --)
  mapfile -t command < <(lines_of "$image" CMD | sed 's/^CMD //' | tail -1 |
    node -e 'for (const word of JSON.parse(require("fs").readFileSync(0, "utf8"))) console.log(word)')
  echo "starting the $image: ${command[*]}"
  (
    cd "$tree/$image/app"
    exec env -i PATH="$tree/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" NODE_ENV=production WORK_DIR="$tree/work" METRICS_PORT=0 LOG_FORMAT=json \
      WEB_HOST=127.0.0.1 WEB_PORT=0 SWEEP_EVERY_SECONDS=0 \
      SUPABASE_URL="$(value SUPABASE_URL)" \
      SUPABASE_SERVICE_ROLE_KEY="$(value SUPABASE_SERVICE_ROLE_KEY)" \
      SUPABASE_JWT_SECRET="$(value SUPABASE_JWT_SECRET)" \
      DATABASE_URL="$(value DATABASE_URL)" \
      "${as_user[@]}" "${init[@]}" "${command[@]}"
  ) >"$log" 2>&1 &
  program_pid=$!
  for _ in $(seq 1 300); do
    grep -q "$ready" "$log" && return
    kill -0 "$program_pid" 2>/dev/null || break
    sleep 0.1
  done
  fail "$log" "the $image did not start"
}

# What a child of the program would see of it: its user may not read its environment, where the keys are.
check_closed() {
  local image=$1 log=$2 pid uid gid reader=()
  pid=$(pgrep -P "$program_pid" || echo "$program_pid")
  read -r uid gid < <(ps -o uid=,gid= -p "$pid")
  [ "$(id -u)" != 0 ] || reader=(setpriv --reuid="$uid" --regid="$gid" --clear-groups)
  # shellcheck disable=SC2016
  if "${reader[@]}" sh -c 'cat "/proc/$1/environ"' sh "$pid" >/dev/null 2>&1; then
    fail "$log" "the environment of the $image can be read by its user"
  fi
  echo "the environment of the $image cannot be read by its user"
}

# A request to the API, its body on stdout. Fails when the answer is not 2xx.
ask() {
  node -e 'fetch(process.argv[1]).then(async (answer) => {
    process.stdout.write(await answer.text());
    process.exitCode = answer.ok ? 0 : 1;
  }, (error) => { console.error(error.message); process.exitCode = 1; });' "$1"
}

check_api() {
  local log=$1 url
  url=$(sed -n 's/^Listening on //p' "$log")
  ask "$url/ready" >"$tree/ready.json" || fail "$tree/ready.json" "the API is not ready"
  ask "$url/api/config" >"$tree/config.json" || fail "$tree/config.json" "the API does not tell its settings"
  ask "$url/" >"$tree/page.html" || fail "$tree/page.html" "the API has no page"
  local asset
  asset=$(grep -o '/assets/[^"]*\.js' "$tree/page.html" | head -1)
  [ -n "$asset" ] || fail "$tree/page.html" "the page loads no script"
  ask "$url$asset" >"$tree/asset.js" || fail "$tree/asset.js" "the page's script $asset is not there"
  echo "the API is ready and gives out its page"
}

check_image() {
  local image=$1 log=$tree/$1.log owner code=0
  case $image in
    worker) start_program worker "$log" '"worker.ready"' ;;
    api)
      start_program api "$log" '^Listening on '
      check_api "$log"
      ;;
  esac
  check_closed "$image" "$log"
  owner=$(ps -o uid= -p "$program_pid" | tr -d ' ')
  kill -TERM "$program_pid"
  wait "$program_pid" || code=$?
  program_pid=
  [ "$code" = 0 ] || fail "$log" "the $image ended with $code at SIGTERM"
  echo "ok: the $image started as user $owner, ended by itself at SIGTERM"
}

compile
for image in "${images[@]}"; do assemble "$image"; done
install_node
start_stack
for image in "${images[@]}"; do check_image "$image"; done
