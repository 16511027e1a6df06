"""This project against software from elsewhere that speaks the same specifications."""
