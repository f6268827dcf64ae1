#!/bin/sh
# The container's entry point. The compiled kernels are part of the image, which cannot be written; Numba uses
# them only from a folder that it can write.
set -eu
cp -R "$BAKED_KERNELS" "$NUMBA_CACHE_DIR"
exec python -m batch_jobs "$@"
