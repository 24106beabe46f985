#!/usr/bin/env python3
"""read_results.py FILE.h5: reads a gathered file as USING.md shows it and checks what tests/test_store_gather.c put in."""
import sys

import h5py
import pandas as pd

f = h5py.File(sys.argv[1])
df = pd.DataFrame({k: v.asstr()[:] if v.dtype.kind in "SO" else v[:] for k, v in f["runs"].items()})

assert list(df.columns[:5]) == ["run", "id", "status", "reason", "seconds"], df.columns
assert list(df.run) == list(range(6)), df.run
assert list(df.model) == ["lstm", "gru"] * 3, df.model
assert list(df.seed) == list(range(6)) and df.seed.dtype == "int64", df.seed
assert df.lr.dtype == "float64" and (df.lr == 0.001).all(), df.lr
assert df.reason[4] == "out of café" and df.status[4] == "failed", df.loc[4]
assert df.mse.isna().sum() == 1 and df.groupby("model").mse.min()["gru"] == 1 / 6, df.mse
assert f.attrs["experiment"] == "demo" and f.attrs["title"] == "A demonstration", dict(f.attrs)
assert f["runs/hidden"].attrs["units"] == "units" and f["runs/seconds"].attrs["units"] == "s"

for name, axis in (("curves", "point"), ("timings", "sample")):
    for data in f[name].values():
        if h5py.h5ds.is_scale(data.id):
            continue
        assert [d.label for d in data.dims] == ["run", axis], data
        assert len(data.dims[0][0]) == data.shape[0] and len(data.dims[1][0]) == data.shape[1], data
for group in ("runs", "env"):
    for data in f[group].values():
        assert h5py.h5ds.is_scale(data.id) or (data.dims[0].label == "run" and list(data.dims[0][0][:]) == list(range(6))), data
loss = f["curves/train_loss"]
assert loss.dtype == "float32" and loss.compression == "gzip" and loss.shuffle and loss.attrs["units"] == "nats", loss
assert f["timings/step"].attrs["units"] == "ns" and f["timings/step"].dtype == "int64"
assert pd.isna(loss[3, 3]) and loss[3, 2] == 3, loss[:]
