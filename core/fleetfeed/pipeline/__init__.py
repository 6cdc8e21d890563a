"""One run of a feed.

run         the stages in order: source, load, archive, history
acceptance  whether an export may be loaded, and is complete
presence    which tickets vanished or returned
load        compare, filter, normalise and upsert in one transaction; a replay uses it, too
transform   filter and normalise
statuses    statuses that the feed never had
checks      what must hold before the commit
recorder    what the ledger records of each kind of run
ending      what follows a run, whatever ended it
reporter    the report of a run, assembled event by event
batch       rejected records, grouped by export
replay      rejected records, read once more
"""
