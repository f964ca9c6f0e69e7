"""What comes from elsewhere: the catalog, downloads, slices of remote arrays, Parquet."""
