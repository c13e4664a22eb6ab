"""The other ends of the line: SIPp, hand-made SIP agents, phones, and sound. See ../README.md."""
