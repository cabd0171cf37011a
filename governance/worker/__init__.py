"""The process that works: schedule, lease, queue, and the service that keeps it alive."""
