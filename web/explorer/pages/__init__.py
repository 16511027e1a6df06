"""The pages by subject: each module makes the facts of its pages; none of them knows HTTP but the routes."""
