# Writes oracle.json: what shapely, pyproj and h3 say of three shapes that are made
# up here and of an outline of real data, for oracle_test.go. Points follow from the
# seed by splitmix64. Run: python oracle.py [outline.geojson]  (shapely 2, pyproj 3, h3 4)
import hashlib
import json
import math
import sys

import h3
import pyproj
import shapely
from shapely.geometry import shape

SEED, N = 20261118, 100_000
MASK = (1 << 64) - 1


def chances(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield (z ^ (z >> 31)) / 2.0**64


def ring(lat, lon, size, n, wave, turn=1):
    out = []
    for i in range(n):
        a = turn * 2 * math.pi * i / n
        r = size * (1 + wave * math.sin(5 * a))
        out.append([round(lon + r * math.cos(a), 6), round(lat + r * math.sin(a), 6)])
    return out + [out[0]]


def shapes():
    holes = [ring(25.2, 80.95, 0.2, 90, 0.25), ring(25.2, 80.95, 0.05, 40, 0.2, -1), ring(25.31, 80.95, 0.02, 12, 0)]
    parts = [[ring(25.0, 81.2, 0.08, 60, 0.3)], [ring(25.3, 81.3, 0.05, 7, 0), ring(25.3, 81.3, 0.01, 5, 0, -1)], [ring(25.15, 80.8, 0.02, 4, 0)]]
    river = [[80.7 + i * 0.005, 25.2 + 0.05 * math.sin(i / 9)] for i in range(120)]
    river = [[round(x, 6), round(y, 6)] for x, y in river]
    narrow = [river + [[x, round(y + 0.0006, 6)] for x, y in reversed(river)] + [river[0]]]
    return {
        "holes": {"type": "Polygon", "coordinates": holes},
        "multipolygon": {"type": "MultiPolygon", "coordinates": parts},
        "narrow": {"type": "Polygon", "coordinates": narrow},
    }


def judged(g):
    s = shape(g)
    assert s.is_valid
    west, south, east, north = s.bounds
    dx, dy = (east - west) * 0.1, (north - south) * 0.1
    west, south, east, north = west - dx, south - dy, east + dx, north + dy
    c = chances(SEED)
    lats, lons = [], []
    for _ in range(N):
        lats.append(south + next(c) * (north - south))
        lons.append(west + next(c) * (east - west))
    inside = shapely.intersects_xy(s, lons, lats)
    cells = sorted(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(g), 9, contain="overlap"))
    area = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.geometry.polygon.orient(s) if s.geom_type == "Polygon" else
               shapely.geometry.MultiPolygon([shapely.geometry.polygon.orient(p) for p in s.geoms]))[0]) / 1e6
    return {
        "inside": int(inside.sum()),
        "inside_sha256": hashlib.sha256(bytes(49 if x else 48 for x in inside)).hexdigest(),
        "cells": len(cells),
        "cells_sha256": hashlib.sha256("\n".join(cells).encode()).hexdigest(),
        "km2": round(area, 6),
    }


out = {"seed": SEED, "points": N, "shapes": {k: {"geometry": json.dumps(g), **judged(g)} for k, g in shapes().items()}}
if len(sys.argv) > 1:
    f = json.load(open(sys.argv[1]))["features"][0]["geometry"]
    out["shapes"]["chitrakoot"] = {"file": "chitrakoot.geojson", **judged(f)}
json.dump(out, open("oracle.json", "w"), indent=1)
