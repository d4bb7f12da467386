"""The tests mirror the rooms of bot/; standins/ are the servers that they run against."""
