"""The audited copy: its tables, how an audit fills them, what is judged from them, and the queries that pages ask."""
