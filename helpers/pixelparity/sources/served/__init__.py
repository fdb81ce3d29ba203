"""What holds of any live server as a side: its graph, what it is fed, what it declares, and the walk through its models.

A serving system is a source of its own beside this folder (``triton``): its file implements :class:`.client.Client`, reads its
configs as a :class:`.graph.Graph` and hands both to :func:`.walk.capture`. Nothing here knows any one system.
"""
