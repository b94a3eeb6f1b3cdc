"""Why a request is refused, what else stands in the way, and the smallest change that would be accepted."""
