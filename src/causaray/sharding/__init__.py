"""Work in shards: folders that are whole or not there, made by any number of machines, gone on with after any end."""
