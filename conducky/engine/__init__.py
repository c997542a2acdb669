"""The Pulumi engine (the `pulumi` binary): the installed one, or one that is fetched once and kept in the cache."""
