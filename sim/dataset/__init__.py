"""Datasets on disk: written shard by shard, resumed, verified, regenerated, exported."""
