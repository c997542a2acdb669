"""The AWS resource types that the programs use: names, limits, outputs, and what data sources answer."""
