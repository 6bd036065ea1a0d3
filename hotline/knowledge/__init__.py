"""Knowledge: articles, scripts and notices of the units, which agents find, read out and send.

An article keeps every edition that was ever written. Whoever knows the matter writes a draft; who answers for
the words that agents say publishes it. Agents go on seeing the published edition while the next is written.
"""
