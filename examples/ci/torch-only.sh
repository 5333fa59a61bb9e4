#!/usr/bin/env bash
# Makes a virtual environment with what a candidate needs and nothing of TensorFlow: the packages of an environment that has them
# are linked into it one by one. A team would rather install them: pip install torch numpy safetensors.
# Usage: examples/ci/torch-only.sh PYTHON FOLDER
set -euo pipefail

python=$1
folder=$2
rm -rf "$folder"
"$python" -m venv --without-pip "$folder"
from=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
to=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
for package in "$from"/*; do
  case $(basename "$package" | tr '[:upper:]' '[:lower:]') in
    *tensor[fb]* | *keras* | parity* | __editable__* | _parity*) ;;
    *) ln -s "$package" "$to/" ;;
  esac
done
