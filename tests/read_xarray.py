#!/usr/bin/env python3
"""read_xarray.py FILE.h5 ENGINE: reads a gathered file by xarray's ENGINE (h5netcdf, netcdf4) alone, as netCDF's users do, and
checks what tests/test_store_gather.c put in."""
import sys
import warnings

import numpy as np
import xarray as xr

path, engine = sys.argv[1:]
if engine == "netcdf4":
    with warnings.catch_warnings():  # Debian built it with another numpy than its own
        warnings.simplefilter("ignore")
        import netCDF4  # noqa: F401
warnings.simplefilter("error")
axes = {"runs": (), "curves": ("point",), "timings": ("sample",), "env": ()}
found = {}
for group, others in axes.items():
    with xr.open_dataset(path, group=group, engine=engine) as opened:
        data = found[group] = opened.load()
    assert data.sizes["run"] == 6 and set(data.sizes) == {"run", *others}, data
    for axis in data.sizes:  # a coordinate, not a bare dimension
        assert list(data.coords[axis].values) == list(range(data.sizes[axis])), data
        assert data[axis].attrs["long_name"], data[axis]
    for name, variable in data.data_vars.items():
        assert variable.dims == ("run", *others), variable
        assert variable.dtype.kind != "S" and "unit" not in variable.attrs, variable
        if variable.dtype == object:
            assert all(isinstance(text, str) for text in variable.values), variable

runs, curves, timings, env = found.values()
assert list(runs.model.values) == ["lstm", "gru"] * 3, runs.model
assert list(runs.reason.values) == [""] * 4 + ["out of café", ""], runs.reason
assert runs.seed.dtype == "int64" and list(runs.seed.values) == list(range(6)), runs.seed
assert runs.mse.attrs["units"] == "K^2" and runs.mse.attrs["long_name"] == "mean squared error", runs.mse
assert runs.lr.attrs["long_name"] == "lr: learning rate" and "units" not in runs.lr.attrs, runs.lr
assert runs.best_valid_mse.attrs["long_name"] == "best validation point: mean squared error", runs.best_valid_mse
assert runs.result_length.attrs["units"] == "m" and "long_name" not in runs.result_length.attrs, runs.result_length
assert runs.hidden.attrs["units"] == "units", runs.hidden
assert np.isnan(runs.mse.encoding["_FillValue"]) and np.isnan(runs.mse[4]), runs.mse

loss = curves.train_loss
assert loss.dtype == "float32" and loss.attrs["units"] == "nats" and np.isnan(loss.encoding["_FillValue"]), loss
assert loss[5].values.tolist() == [5, 4, 3, 2, 1] and loss[3, 2] == 3 and np.isnan(loss[3, 3]), loss
assert list(curves.result_run[3].values[:2]) == [5, 4], curves

step = timings.step
assert step.attrs["units"] == "ns" and step.attrs["long_name"] == "time of one step", step
assert step.encoding["_FillValue"] == -1 and step.encoding["dtype"] == "int64", step.encoding
assert step[3].values.tolist() == [30, 10, 20] and np.isnan(step[0]).all(), step

assert list(env.commit.values) == ["0123456789ab"] * 6, env
assert list(env.result_run.values) == ["beside"] * 6, env
merged = xr.merge([runs[["mse"]], curves[["train_loss"]], timings[["step"]], env[["isa"]]], join="exact")  # by their runs
assert merged.sizes == {"run": 6, "point": 5, "sample": 3}, merged
with xr.open_dataset(path, engine=engine) as root:
    assert root.attrs["Conventions"] == "ACDD-1.3" and root.attrs["title"] == "A demonstration", root.attrs
