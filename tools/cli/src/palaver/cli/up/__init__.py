"""`palaver up`: all of Palaver on one machine, from nothing."""
