"""Prepares exports in other processes, here or on other machines; only their results come back, in order.

chunk      what a worker gets and gives
worker     prepares a chunk: it needs the project and the store, and never the database
order      hands chunks out, and takes the results in order
processes  workers of this machine
cluster    workers of a Dask scheduler
choice     which of these the settings ask for
"""
