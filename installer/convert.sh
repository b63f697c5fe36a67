#!/bin/sh
# Sets up, once, what imports models from safetensors and what trains adapters: llama.cpp's scripts with PyTorch, in an environment of its own.
#   sh installer/convert.sh             fetches what is pinned: about 3 GB on Linux, 300 MB elsewhere
#   sh installer/convert.sh TORCH.whl   with this wheel of PyTorch (of the pinned version) in the place of the pinned one
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$checkout/installer/setup.sh"
set_up run || exit
PYTHONPATH=$checkout/installer exec "$python" -m set_up.converter "$@"
