"""The walk through kafka-connect-py, which it has in common with its other version."""

from kafka_connect_py import main

main()
