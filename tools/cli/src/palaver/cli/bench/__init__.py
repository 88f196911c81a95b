"""`palaver bench`: what a token costs in the running product, beside pipelines without the product in the same run."""
