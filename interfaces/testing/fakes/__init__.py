"""What fakes of services share: a clock, faults on demand, and a server whose connections can be cut."""
