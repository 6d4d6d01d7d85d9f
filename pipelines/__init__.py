"""When things happen: jobs, schedules, sensors, and the one place where assets and resources meet."""
