"""The door for everybody: the status page. Nobody signs in, and nothing here changes anything but subscriptions."""
