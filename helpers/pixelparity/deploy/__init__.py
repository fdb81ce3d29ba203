"""What the workbook serves: pictures, the trained model, its engine, the model repository, and the server that holds it."""
