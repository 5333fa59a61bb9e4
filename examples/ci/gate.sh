#!/usr/bin/env bash
# The gate at work on the GPT-2 example: green on the right port with every report written, red on each faulty one.
# Usage: examples/ci/gate.sh [folder for the reports] [part ...]; exits 0 when the gate did what it should in every step. Parts are
# right-port, faulty-ports, golden and shards; all of them when none is named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=${1:-reports/ci}
parts=" ${*:2} "
[ -z "${parts// /}" ] && parts=" right-port faulty-ports golden shards "
wants() { [[ $parts == *" $1 "* ]]; }
config=examples/gpt2/parity.config.ts
python=${PARITY_PYTHON:-.venv/bin/python}
failed=0

# step NAME EXPECTED-EXIT-CODE COMMAND...
step() {
  local name=$1 expected=$2 code=0
  shift 2
  mkdir -p "$out"
  "$@" >"$out/$name.log" 2>&1 || code=$?
  if [ "$code" -eq "$expected" ]; then
    echo "✓ $name: exit $code"
  else
    echo "✗ $name: exit $code, expected $expected; its output:"
    sed 's/^/    /' "$out/$name.log"
    failed=$((failed + 1))
  fi
}

check() { node dist/cli/main.js check "$config" "$@"; }

# 1. The right port passes, and every format is there and readable by those who read it.
if wants right-port; then
  step right-port 0 check --out "$out/right-port" --report json,html,junit,sarif,markdown
  step reports-readable 0 "$python" - "$out/right-port" <<'PYTHON'
import json, sys
from pathlib import Path
from xml.etree import ElementTree

folder = Path(sys.argv[1])
result = json.loads((folder / "report.json").read_text())
suites = ElementTree.parse(folder / "junit.xml").getroot()
sarif = json.loads((folder / "parity.sarif").read_text())
assert result["gate"]["outcome"] == "pass", result["gate"]
assert int(suites.attrib["tests"]) >= len(result["pairs"]) and suites.attrib["failures"] == "0"
assert sarif["version"] == "2.1.0" and sarif["runs"][0]["results"] == []
assert (folder / "parity.md").read_text().startswith("## ✓ parity")
assert "Content-Security-Policy" in (folder / "index.html").read_text()
PYTHON
fi

# 2. Every faulty port turns it red: 1 where it is not parity, 2 where nothing can be said.
if wants faulty-ports; then
  for port in examples/gpt2/faulty/*.py; do
    name=$(basename "$port" .py)
    case $name in
      prints) expected=0 ;; # writes to every output, but computes the right thing
      raises | hangs) expected=2 ;;
      *) expected=1 ;;
    esac
    limit=()
    [ "$name" = hangs ] && limit=(--timeout 20)
    step "$name" "$expected" check --candidate "$port:build" --out "$out/$name" --report json,junit,sarif,markdown "${limit[@]}"
  done
fi

# 3. The original is recorded once, and from then on checked without TensorFlow: in a virtual environment that has PyTorch alone.
if wants golden; then
  golden=$out/golden
  rm -rf "$golden"
  step record 0 node dist/cli/main.js record "$config" --out "$golden"
  torch_only=$out/torch-only
  step environment 0 bash examples/ci/torch-only.sh "$python" "$torch_only"
  step no-tensorflow 1 "$torch_only/bin/python" -c "import tensorflow"
  step golden-right-port 0 check --golden "$golden" --update none --python "$torch_only/bin/python" --out "$out/golden-right-port"
  step golden-faulty-port 1 check --golden "$golden" --update none --python "$torch_only/bin/python" \
    --candidate examples/gpt2/faulty/untransposed_c_proj.py:build --out "$out/golden-faulty-port"
fi

# 4. The same check given to three jobs, and joined.
if wants shards; then
  for shard in 1 2 3; do
    step "shard-$shard" 0 check --shard "$shard/3" --out "$out/shard-$shard"
  done
  step merged 0 node dist/cli/main.js merge "$out/shard-1" "$out/shard-2" "$out/shard-3" --out "$out/merged"
  step shard-missing 2 node dist/cli/main.js merge "$out/shard-1" "$out/shard-3" --out "$out/merged-in-part"
fi

[ "$failed" -eq 0 ] || { echo "✗ $failed steps did not do what they should"; exit 1; }
echo "✓ the gate did what it should in every step"
