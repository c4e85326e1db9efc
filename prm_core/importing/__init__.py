"""Reading a practice's lists: plain Python, no database, flat memory.

The way of a file through these modules:

``readers``  bytes -> table (headings, numbered rows), whatever the encoding or delimiter
``layouts``  which column means what, and what its values mean (presets and saved mappings)
``mapper``   one row of cells -> one checked record
``rules``    record -> accepted, rejected or duplicate, with the reason
``report``   outcomes -> the figures and lists that are handed back
``writer``   rejected rows -> a file to correct and import again
"""
