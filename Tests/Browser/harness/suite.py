"""How tests register themselves."""


class Skipped(Exception):
    """The test needs what this machine does not have."""


class Cases(list):
    """The tests that play on one stage, in the order they run: sentence, function, seconds it may take."""

    def case(self, sentence, within=90):
        """Registers a test that may take `within` seconds."""

        def register(function):
            self.append((sentence, function, within))
            return function

        return register
