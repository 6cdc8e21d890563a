"""The tests of a geocoder."""
