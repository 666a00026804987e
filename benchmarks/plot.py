"""python -m benchmarks.plot: pictures of what benchmarks/results holds: ratios.png, growth.png (needs matplotlib, the extra `plot`)."""

from __future__ import annotations

import json
import statistics
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

from benchmarks import RESULTS, peers

GROUPS = ("pooling", "norm", "activation", "convolution", "linear", "network")
COLOURS = dict(zip(peers.NAMES, ("#d1495b", "#3066be", "#edae49", "#00798c", "#7d5ba6", "#4f772d"), strict=True))


def _load(name: str) -> Any:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def ratios() -> None:
    """A dot a row and a bar at each geometric mean, by group and peer; forward with inference, and with backward and training."""
    runs = {name: run for name in peers.NAMES if (run := _load(name))}
    parts = {"forward": ("forward", "inference"), "forward and backward": ("forward+backward", "training step")}
    figure, axes = plt.subplots(2, 1, figsize=(9.6, 6.4), sharex=True, constrained_layout=True)
    for axis, (title, families) in zip(axes, parts.items(), strict=True):
        axis.axhline(1, color="black", linewidth=0.8)
        for i, (name, run) in enumerate(runs.items()):
            for j, group in enumerate(GROUPS):
                values = [r["ratio"] for r in run["rows"] if r["family"] in families and r.get("group") == group]
                if not values:
                    continue
                x = j + (i - (len(runs) - 1) / 2) * 0.13
                label = run["peer"] if title == "forward" and j == 0 else None
                axis.scatter([x] * len(values), values, s=9, color=COLOURS[name], alpha=0.45, linewidths=0, label=label)
                mean = statistics.geometric_mean(values)
                axis.plot([x - 0.05, x + 0.05], [mean, mean], color=COLOURS[name], linewidth=2.4)
        axis.set_yscale("log", base=2)
        axis.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}×"))
        axis.set_ylabel(title)
        axis.grid(axis="y", alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[1].set_xticks(range(len(GROUPS)), GROUPS)
    figure.suptitle("How many times faster plait is: a dot a row, a bar the geometric mean", fontsize=11)
    figure.legend(loc="outside lower center", ncols=len(runs), fontsize=8, frameon=False, markerscale=2)
    figure.savefig(RESULTS / "ratios.png", dpi=110)
    plt.close(figure)


def growth() -> None:
    """Nanoseconds an element against the number of elements."""
    run = _load("growth")
    if run is None:
        return
    figure, axis = plt.subplots(figsize=(6.4, 3.6), constrained_layout=True)
    for name, points in run["growth"].items():
        axis.plot([p[0] for p in points], [p[1] for p in points], marker="o", markersize=3, label=name)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("elements of the input")
    axis.set_ylabel("ns an element")
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=8, frameon=False)
    figure.savefig(RESULTS / "growth.png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    ratios()
    growth()
