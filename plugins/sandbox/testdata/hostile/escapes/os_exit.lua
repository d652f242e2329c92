-- stopped: runtime
os.exit(1)
