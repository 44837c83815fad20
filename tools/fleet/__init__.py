"""A believable fleet: clusters that join, grow, upgrade and leave, and what they report.

./pants run tools:fleet -- --clusters 2000 --months 6 --data-dir DIR
./pants run tools:fleet -- --clusters 2000 --months 6 --collector http://localhost:8080
"""
