#!/usr/bin/env bash
# Builds the file tree of the worker's image as deploy/Dockerfile says, without Docker, and starts the worker from it as
# a user without rights against a local stack: what the image lacks, or may not do, shows here.
#
#   deploy/check-image.sh            needs: npm ci and npm run build done; ffmpeg on the PATH
#
# Exit code 0: it started, took its place in the queue, and ended by itself at SIGTERM.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
dockerfile=$repository/deploy/Dockerfile

tree=$(mktemp -d)
stack_pid=
worker_pid=
cleanup() {
  [ -z "$worker_pid" ] || kill -KILL "$worker_pid" 2>/dev/null || true
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

app=$tree/app
build=$tree/build
mkdir -p "$app" "$build" "$tree/work"

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

echo "compiling, as in the stage build"
copy_context manifests "$build"
copy_context build "$build"
find "$build" \( -name node_modules -o -name dist -o -name '*.tsbuildinfo' \) -prune -exec rm -rf {} +
# The compiler of this repository stands for npm ci of the whole tree.
ln -s "$repository/node_modules" "$build/node_modules"
(cd "$build" && eval "$(lines_of build RUN | sed 's/^RUN //' | grep -v '^npm ci')")

echo "installing, as in the stage worker-modules"
copy_context manifests "$app"
install_command=$(lines_of worker-modules RUN | sed 's/^RUN //')
(cd "$app" && eval "$install_command --no-audit --no-fund --loglevel=error" >/dev/null)

echo "putting it together, as in the stage worker"
rm -rf "${app:?}"/{apps,dev}
while read -r _ from source target; do
  case $from in
    --from=build)
      mkdir -p "$(dirname "$app/$target")"
      cp -r "$build/${source#/app/}" "$app/$target"
      ;;
    --from=worker-modules) ;; # installed in its place already
    *) echo "unknown source $from" >&2 && exit 1 ;;
  esac
done < <(lines_of worker COPY)
rm -f "$app/package.json" "$app/package-lock.json" "$app/.npmrc"
# Only the workspaces that are in the image can be linked to.
find "$app/node_modules" -maxdepth 2 -xtype l -delete
chmod -R a+rX "$tree"
echo "the tree has $(du -sm "$app" | cut -f1) MB, $(find "$app/node_modules" -name package.json -not -path '*/test/*' | wc -l) manifests"

echo "starting a stack"
node -- dev/dist/stack-cli.js --json --port 0 --data "$tree/stack" >"$tree/stack.json" 2>"$tree/stack.log" &
stack_pid=$!
for _ in $(seq 1 300); do
  [ -s "$tree/stack.json" ] && break
  kill -0 "$stack_pid" 2>/dev/null || { cat "$tree/stack.log" >&2 && exit 1; }
  sleep 0.1
done
value() { node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").split("\n")[0])[process.argv[2]])' "$tree/stack.json" "$1"; }

# As in the image: the user by number, no rights, nothing of this environment, a tree that cannot be written to.
as_user=()
if [ "$(id -u)" = 0 ]; then
  id=$(lines_of worker USER | awk '{print $2}')
  chown -R "$id" "$tree/work"
  as_user=(setpriv --reuid="${id%:*}" --regid="${id#*:}" --clear-groups --no-new-privs)
fi
init=()
# -s: here it is not process 1, as it is in a container.
command -v tini >/dev/null && init=(tini -s --)
mapfile -t command < <(lines_of worker CMD | sed 's/^CMD //' | tail -1 |
  node -e 'for (const word of JSON.parse(require("fs").readFileSync(0, "utf8"))) console.log(word)')

echo "starting the worker: ${command[*]}"
(
  cd "$app"
  exec env -i PATH="$(dirname "$(command -v node)"):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" NODE_ENV=production WORK_DIR="$tree/work" METRICS_PORT=0 LOG_FORMAT=json \
    SUPABASE_URL="$(value SUPABASE_URL)" \
    SUPABASE_SERVICE_ROLE_KEY="$(value SUPABASE_SERVICE_ROLE_KEY)" \
    DATABASE_URL="$(value DATABASE_URL)" \
    "${as_user[@]}" "${init[@]}" "${command[@]}"
) >"$tree/worker.log" 2>&1 &
worker_pid=$!
for _ in $(seq 1 300); do
  grep -q '"worker.ready"' "$tree/worker.log" && break
  kill -0 "$worker_pid" 2>/dev/null || break
  sleep 0.1
done
if ! grep -q '"worker.ready"' "$tree/worker.log"; then
  cat "$tree/worker.log" >&2
  echo "the worker did not start" >&2
  exit 1
fi
owner=$(ps -o uid= -p "$worker_pid" | tr -d ' ')
kill -TERM "$worker_pid"
code=0
wait "$worker_pid" || code=$?
worker_pid=
if [ "$code" != 0 ]; then
  cat "$tree/worker.log" >&2
  echo "the worker ended with $code at SIGTERM" >&2
  exit 1
fi
echo "ok: started as user $owner, ended by itself at SIGTERM"
