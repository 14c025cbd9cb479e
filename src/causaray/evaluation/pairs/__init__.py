"""Editors measured on drawn pairs: real films whose true counterfactuals are known."""
