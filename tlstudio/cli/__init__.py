"""The command line: thin verbs over the services, JSON on request.

Duty: parse, call one service, print its answer; words for errors come from domain.messages.
May import: services, domain.
Never: holds rules of its own, loads torch or Qt.
"""
