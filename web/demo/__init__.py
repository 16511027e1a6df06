"""The demonstration: a whole ledger with eighteen months of story, made through the real commands and servers.

cast.yaml, story/   who speaks, and what is said when: data
acts, values        reading the story; what its `$` expressions stand for
cast, home          keys derived from the seed; the directory that everything lies in
house               the log's server and three witnesses' servers in this process, over loopback HTTP
reports             what verifiers of the story find, by the real commands
desks, stage        each act drafted, linted, signed and submitted as a state would do it
running, cli        make it or take it up again, publish it, serve it
"""
