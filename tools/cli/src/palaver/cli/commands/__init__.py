"""Commands of somebody who is signed in, over the public SDK like everybody else's client. Each module is a group."""
