"""`palaver chat`: a room of models in the terminal, over the public SDK like everybody else's client."""
